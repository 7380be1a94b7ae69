//! A headless Chromium, driven over the WebDriver protocol.
//!
//! Six calls of the protocol are used, so a client crate of a hundred dependencies is not.

use super::peers::{installed, wait_until};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A browser with an empty profile of its own.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    profile: PathBuf,
}

impl Browser {
    /// Starts it; says loudly when there is none.
    pub(crate) fn start() -> Option<Browser> {
        let packages = "chromium chromium-driver fonts-noto-cjk";
        let chromium = installed("chromium", &[], packages)?;
        let chromedriver = installed("chromedriver", &["/usr/lib/chromium"], packages)?;
        let mut driver = Command::new(chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line.split_once("on port ")?.1;
            line.contains("started successfully")
                .then(|| rest.trim_end_matches('.').to_owned())
        });
        // The driver stops when nobody reads what it says.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let profile = std::env::temp_dir().join(format!(
            "vouchsafe-chromium-{}-{}",
            std::process::id(),
            driver.id()
        ));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let base = format!("http://127.0.0.1:{}", port.unwrap());
        let made = post(&format!("{base}/session"), &capabilities);
        let session = format!("{base}/session/{}", made["sessionId"].as_str().unwrap());
        Some(Browser {
            driver,
            session,
            profile,
        })
    }

    /// Opens an address and waits until the page is loaded.
    pub(crate) fn open(&self, url: &str) {
        post(&format!("{}/url", self.session), &json!({"url": url}));
        self.until("document.readyState === 'complete'");
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Json {
        post(
            &format!("{}/execute/sync", self.session),
            &json!({"script": script, "args": []}),
        )
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) {
        wait_until(expression, || {
            self.run(&format!("return Boolean({expression})")) == json!(true)
        });
    }

    /// Clicks the first element of a selector as a person would.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.find(selector);
        post(
            &format!("{}/element/{element}/click", self.session),
            &json!({}),
        );
    }

    /// Types into the first element of a selector.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        post(
            &format!("{}/element/{element}/value", self.session),
            &json!({"text": text}),
        );
    }

    fn find(&self, selector: &str) -> String {
        let found = post(
            &format!("{}/element", self.session),
            &json!({"using": "css selector", "value": selector}),
        );
        found
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Makes the window a phone's, or a desk's again.
    pub(crate) fn phone(&self, on: bool) {
        let (command, parameters) = if on {
            (
                "Emulation.setDeviceMetricsOverride",
                json!({"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true}),
            )
        } else {
            ("Emulation.clearDeviceMetricsOverride", json!({}))
        };
        post(
            &format!("{}/goog/cdp/execute", self.session),
            &json!({"cmd": command, "params": parameters}),
        );
    }

    /// What stood in the console since it was last asked.
    pub(crate) fn console(&self) -> Vec<String> {
        let log = post(
            &format!("{}/se/log", self.session),
            &json!({"type": "browser"}),
        );
        log.as_array()
            .unwrap()
            .iter()
            .map(|e| e["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        ureq::delete(&self.session).call().ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
        std::fs::remove_dir_all(&self.profile).ok();
    }
}

/// The `value` of an answer of the driver; fails the test when it is an error.
#[track_caller]
fn post(url: &str, body: &Json) -> Json {
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .build(),
    );
    let mut answer = agent
        .post(url)
        .header("Content-Type", "application/json")
        .send(body.to_string())
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let json: Json = serde_json::from_str(&text).unwrap();
    assert!(answer.status().is_success(), "{url} {body}: {text}");
    json["value"].clone()
}
