// Draws an OpenAPI 3 description as headings and tables. Everything becomes text nodes, never markup.
"use strict";

(function () {
  var root = document.getElementById("openapi");
  var words = root.dataset;
  var methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
  var depthMax = 8;

  function make(name, className, children) {
    var element = document.createElement(name);
    if (className) element.className = className;
    [].concat(children === undefined ? [] : children).forEach(function (child) {
      if (child === null || child === undefined || child === "") return;
      element.append(child);
    });
    return element;
  }

  function start(spec) {
    // Follows `#/a/b` references, which JSON Pointer escapes with ~0 and ~1.
    function resolve(node) {
      for (var hops = 0; node && node.$ref && hops < depthMax; hops += 1) {
        node = node.$ref.split("/").slice(1).reduce(function (place, part) {
          return place && place[decodeURIComponent(part).replace(/~1/g, "/").replace(/~0/g, "~")];
        }, spec);
      }
      return node || {};
    }

    function refName(node) {
      return node && node.$ref ? node.$ref.split("/").pop() : "";
    }

    function typeOf(schema) {
      var known = resolve(schema);
      var choices = known.oneOf || known.anyOf;
      if (choices) return choices.map(typeOf).join(" | ");
      if (known.enum) return known.enum.map(function (value) { return JSON.stringify(value); }).join(" | ");
      if ("const" in known) return JSON.stringify(known.const);
      var type = [].concat(known.type || (known.properties || known.allOf ? "object" : "")).join(" | ");
      if (known.items) return "[" + (refName(known.items) || typeOf(known.items)) + "]";
      return (refName(schema) || type || "any") + (known.format ? " (" + known.format + ")" : "");
    }

    // Parts of `allOf` count as one object.
    function properties(schema) {
      var known = resolve(schema);
      var found = { all: Object.assign({}, known.properties), required: (known.required || []).slice() };
      (known.allOf || []).forEach(function (part) {
        var more = properties(part);
        Object.assign(found.all, more.all);
        found.required = found.required.concat(more.required);
      });
      return found;
    }

    function limits(schema) {
      var names = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "default"];
      return names.filter(function (name) { return name in schema; })
        .map(function (name) { return name + " " + JSON.stringify(schema[name]); }).join(", ");
    }

    function row(name, required, schema, meaning, place) {
      var known = resolve(schema);
      var text = meaning || (schema && schema.description) || known.description;
      var cells = [make("code", "", name), required ? make("span", "badge badge-info", words.required) : ""];
      return make("tr", "", [
        make("th", "", [cells[0], " ", cells[1]]),
        place === undefined ? null : make("td", "", place),
        make("td", "mono", typeOf(schema)),
        make("td", "", [text || "", limits(known) ? make("p", "soft mono", limits(known)) : ""]),
      ]);
    }

    function head(titles) {
      return make("thead", "", make("tr", "", titles.map(function (title) {
        var cell = make("th", "", title);
        cell.scope = "col";
        return cell;
      })));
    }

    // A row for each field however deep; a schema inside itself is named and not entered again.
    function flatten(schema, prefix, entered, rows) {
      var known = resolve(schema);
      if (entered.indexOf(known) >= 0 || entered.length > depthMax) return rows;
      var inside = entered.concat(known);
      if (known.items) return flatten(known.items, prefix + "[]", inside, rows);
      (known.oneOf || known.anyOf || []).forEach(function (choice) { flatten(choice, prefix, inside, rows); });
      var found = properties(schema);
      Object.keys(found.all).forEach(function (name) {
        var path = prefix ? prefix + "." + name : name;
        rows.push(row(path, found.required.indexOf(name) >= 0, found.all[name]));
        flatten(found.all[name], path, inside, rows);
      });
      return rows;
    }

    function schemaTable(schema) {
      var rows = flatten(schema, "", [], []);
      if (!rows.length) return make("p", "mono", typeOf(schema));
      return make("table", "fields", [head([words.name, words.type, words.meaning]), make("tbody", "", rows)]);
    }

    function sample(schema, depth) {
      var known = resolve(schema);
      if (known.example !== undefined) return known.example;
      if (known.examples && known.examples.length) return known.examples[0];
      if (known.default !== undefined) return known.default;
      if (known.enum) return known.enum[0];
      if ("const" in known) return known.const;
      if (depth > depthMax) return null;
      var choices = known.oneOf || known.anyOf;
      if (choices) return sample(choices[0], depth + 1);
      if (known.items) return [sample(known.items, depth + 1)];
      var found = properties(schema).all;
      if (Object.keys(found).length) {
        return Object.keys(found).reduce(function (object, name) {
          object[name] = sample(found[name], depth + 1);
          return object;
        }, {});
      }
      var plain = { integer: 0, number: 0, boolean: true, array: [], object: {}, null: null };
      var type = [].concat(known.type)[0];
      return type in plain ? plain[type] : "text";
    }

    function exampleOf(media) {
      if (media.example !== undefined) return media.example;
      var named = Object.values(media.examples || {})[0];
      if (named) return resolve(named).value;
      return media.schema ? sample(media.schema, 0) : undefined;
    }

    function body(content) {
      return Object.keys(content || {}).map(function (mediaType) {
        var media = content[mediaType];
        var example = exampleOf(media);
        var text = typeof example === "string" ? example : JSON.stringify(example, null, 2);
        return make("div", "", [
          make("p", "mono soft", mediaType),
          media.schema ? schemaTable(media.schema) : "",
          example === undefined ? "" : make("p", "soft", words.example),
          example === undefined ? "" : make("pre", "example", make("code", "", text)),
        ]);
      });
    }

    function operation(path, method, item) {
      var known = item[method];
      var parameters = (item.parameters || []).concat(known.parameters || []).map(resolve);
      var request = resolve(known.requestBody);
      var responses = known.responses || {};
      var summary = make("summary", "", [
        make("span", "method", method.toUpperCase()), " ", make("code", "", path), " ",
        make("span", "soft", known.summary || ""),
      ]);
      var content = make("div", "operation-body", [
        known.description && known.description !== known.summary ? make("p", "prose", known.description) : "",
        parameters.length ? make("h4", "", words.parameters) : "",
        parameters.length ? make("table", "fields", [
          head([words.name, words.place, words.type, words.meaning]),
          make("tbody", "", parameters.map(function (one) {
            return row(one.name, one.required, one.schema, one.description, one.in);
          })),
        ]) : "",
        request.content ? make("h4", "", words.request) : "",
        request.description ? make("p", "", request.description) : "",
      ].concat(body(request.content), make("h4", "", words.responses), Object.keys(responses).map(function (status) {
        var response = resolve(responses[status]);
        return make("div", "response", [
          make("p", "", [make("b", "mono", status), " ", response.description || ""]),
        ].concat(body(response.content)));
      })));
      var details = make("details", "operation", [summary, content]);
      details.id = known.operationId || method + path;
      details.dataset.words = [method, path, known.summary, known.description, known.operationId].join(" ").toLowerCase();
      return details;
    }

    function groups() {
      var tags = new Map();
      (spec.tags || []).forEach(function (tag) { tags.set(tag.name, { about: tag.description, operations: [] }); });
      Object.keys(spec.paths || {}).forEach(function (path) {
        methods.filter(function (method) { return spec.paths[path][method]; }).forEach(function (method) {
          var tag = (spec.paths[path][method].tags || [words.operations])[0];
          if (!tags.has(tag)) tags.set(tag, { operations: [] });
          tags.get(tag).operations.push(operation(path, method, spec.paths[path]));
        });
      });
      return Array.from(tags).filter(function (entry) { return entry[1].operations.length; });
    }

    function draw() {
      var sections = groups().map(function (entry) {
        var heading = make("h2", "", [entry[0], " ", make("span", "soft num", "(" + entry[1].operations.length + ")")]);
        return make("section", "card", [heading, entry[1].about ? make("p", "soft", entry[1].about) : ""].concat(entry[1].operations));
      });
      var label = make("label", "", words.filter);
      var input = make("input", "", []);
      var empty = make("p", "empty", words.empty);
      input.type = "search";
      input.id = "docs-filter";
      label.htmlFor = input.id;
      empty.hidden = true;
      input.addEventListener("input", function () {
        var wanted = input.value.trim().toLowerCase();
        var shown = 0;
        sections.forEach(function (section) {
          var here = 0;
          section.querySelectorAll(".operation").forEach(function (one) {
            one.hidden = one.dataset.words.indexOf(wanted) < 0;
            if (!one.hidden) here += 1;
          });
          section.hidden = here === 0;
          shown += here;
        });
        empty.hidden = shown > 0;
      });
      var about = make("p", "soft", [spec.info.title, " ", spec.info.version]);
      root.replaceChildren.apply(root, [about, make("div", "filter", [label, input]), empty].concat(sections));
      var linked = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (linked && "open" in linked) {
        linked.open = true;
        linked.scrollIntoView();
      }
    }

    draw();
  }

  root.replaceChildren(make("p", "soft", words.loading));
  fetch(words.source, { headers: { Accept: "application/json" } })
    .then(function (response) {
      if (!response.ok) throw new Error(String(response.status));
      return response.json();
    })
    .then(start)
    .catch(function () { root.replaceChildren(make("p", "empty", words.failed)); });
})();
