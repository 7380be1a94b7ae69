-- The one order of decisions: every deciding transaction takes its numbers here and holds the row to its commit.
CREATE TABLE sequencer (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  next_seq BIGINT NOT NULL,
  next_reward BIGINT NOT NULL,
  next_member BIGINT NOT NULL,
  next_journal BIGINT NOT NULL,
  last_recorded_at BIGINT NOT NULL,
  catalog_version BIGINT NOT NULL
);
INSERT INTO sequencer VALUES (1, 1, 1, 1, 1, 0, 1);

CREATE TABLE currencies (
  no INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  exponent BIGINT NOT NULL CHECK (exponent BETWEEN 0 AND 12)
);

-- Members as the rules see them; contact data are in contacts.
CREATE TABLE members (
  id INTEGER PRIMARY KEY,
  external_id TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL UNIQUE,
  referrer_id BIGINT REFERENCES members (id),
  registered_at BIGINT,
  attributes TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'blocked', 'closed')),
  created_at BIGINT NOT NULL,
  CHECK (referrer_id IS NULL OR referrer_id <> id)
);
CREATE INDEX members_by_referrer ON members (referrer_id, id);

CREATE TABLE contacts (
  member_id INTEGER PRIMARY KEY REFERENCES members (id),
  name TEXT,
  phone TEXT,
  email TEXT
);

CREATE TABLE consents (
  member_id BIGINT NOT NULL REFERENCES members (id),
  channel TEXT NOT NULL CHECK (channel IN ('sms', 'email')),
  granted BOOLEAN NOT NULL,
  recorded_at BIGINT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (member_id, channel)
);

-- The referral tree as of any moment: a change is a further row, never an overwrite.
CREATE TABLE bindings (
  seq BIGINT NOT NULL,
  referee_id BIGINT NOT NULL REFERENCES members (id),
  referrer_id BIGINT REFERENCES members (id),
  effective_from BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (referee_id, seq),
  CHECK (referrer_id IS NULL OR referrer_id <> referee_id)
);
CREATE INDEX bindings_by_referrer ON bindings (referrer_id, effective_from);

CREATE TABLE facts (
  seq INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  body_hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  member_id BIGINT REFERENCES members (id),
  occurred_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  fields TEXT NOT NULL
);
CREATE INDEX facts_by_member ON facts (member_id, kind, seq);
CREATE INDEX facts_by_time ON facts (kind, occurred_at);

CREATE TABLE fact_keys (
  kind TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  seq BIGINT NOT NULL REFERENCES facts (seq),
  PRIMARY KEY (kind, field, value, seq)
) WITHOUT ROWID;

-- Every other input with its place in the order: timers, activations, operators' commands.
CREATE TABLE commands (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  body TEXT NOT NULL
);

CREATE TABLE programs (
  no INTEGER PRIMARY KEY,
  program_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  title TEXT NOT NULL,
  source TEXT NOT NULL,
  source_hash TEXT NOT NULL,
  plan TEXT NOT NULL,
  calendar TEXT NOT NULL,
  campaign_id BIGINT,
  state TEXT NOT NULL CHECK (state IN ('live', 'retired')),
  activated_seq BIGINT NOT NULL,
  author TEXT NOT NULL,
  UNIQUE (program_id, version)
);

CREATE TABLE budgets (
  program_no INTEGER PRIMARY KEY REFERENCES programs (no),
  cap_minor BIGINT,
  reserved_minor BIGINT NOT NULL CHECK (reserved_minor >= 0),
  spent_minor BIGINT NOT NULL CHECK (spent_minor >= 0),
  CHECK (cap_minor IS NULL OR reserved_minor + spent_minor <= cap_minor)
);

CREATE TABLE rewards (
  id INTEGER PRIMARY KEY,
  program_no BIGINT NOT NULL REFERENCES programs (no),
  rule_no BIGINT NOT NULL,
  pay_no BIGINT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  member_id BIGINT NOT NULL REFERENCES members (id),
  origin_id BIGINT NOT NULL REFERENCES members (id),
  distance BIGINT NOT NULL CHECK (distance BETWEEN 0 AND 2),
  form TEXT NOT NULL,
  kind TEXT NOT NULL,
  currency TEXT NOT NULL REFERENCES currencies (code),
  exact TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
  clawed_minor BIGINT NOT NULL CHECK (clawed_minor BETWEEN 0 AND amount_minor),
  state TEXT NOT NULL CHECK (state IN ('refused', 'pending', 'available', 'paid', 'cancelled', 'expired', 'clawed_back', 'withdrawn')),
  reason TEXT NOT NULL,
  due BIGINT,
  fact_seq BIGINT NOT NULL REFERENCES facts (seq),
  item_seq BIGINT REFERENCES facts (seq),
  granted_at BIGINT NOT NULL,
  released_at BIGINT,
  held BOOLEAN NOT NULL,
  uses TEXT NOT NULL,
  budget_minor BIGINT NOT NULL
);
CREATE INDEX rewards_by_member ON rewards (member_id, id);
CREATE INDEX rewards_by_fact ON rewards (fact_seq);

-- What happened to each reward, with the explanation of the decision.
CREATE TABLE reward_events (
  seq BIGINT NOT NULL,
  line BIGINT NOT NULL,
  reward_id BIGINT NOT NULL REFERENCES rewards (id),
  action TEXT NOT NULL,
  minor BIGINT NOT NULL,
  reason TEXT NOT NULL,
  explanation TEXT,
  PRIMARY KEY (seq, line)
) WITHOUT ROWID;
CREATE INDEX reward_events_by_reward ON reward_events (reward_id, seq, line);

CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  used_count BIGINT NOT NULL,
  used_minor BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE timers (
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  a BIGINT NOT NULL,
  b BIGINT NOT NULL,
  c BIGINT NOT NULL,
  PRIMARY KEY (at, kind, a, b, c)
) WITHOUT ROWID;

CREATE TABLE watches (
  kind TEXT NOT NULL,
  tie TEXT NOT NULL,
  reward_id BIGINT NOT NULL,
  PRIMARY KEY (kind, tie, reward_id)
) WITHOUT ROWID;
CREATE INDEX watches_by_reward ON watches (reward_id);

-- The books. A transfer has two sides of one commodity, so an unbalanced journal cannot be written.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  owner BIGINT NOT NULL,
  kind TEXT NOT NULL,
  currency TEXT NOT NULL REFERENCES currencies (code),
  balance_minor BIGINT NOT NULL,
  UNIQUE (id, currency),
  CHECK (balance_minor >= 0 OR kind IN ('funding', 'receivable'))
);

CREATE TABLE journals (
  id INTEGER PRIMARY KEY,
  seq BIGINT NOT NULL,
  line BIGINT NOT NULL,
  kind TEXT NOT NULL,
  reward_id BIGINT NOT NULL REFERENCES rewards (id),
  value_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  UNIQUE (seq, line),
  FOREIGN KEY (seq, line) REFERENCES reward_events (seq, line)
);
CREATE INDEX journals_by_reward ON journals (reward_id);

CREATE TABLE transfers (
  journal_id BIGINT NOT NULL REFERENCES journals (id),
  line BIGINT NOT NULL,
  debit_account BIGINT NOT NULL,
  credit_account BIGINT NOT NULL,
  commodity TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (journal_id, line),
  CHECK (debit_account <> credit_account),
  FOREIGN KEY (debit_account, commodity) REFERENCES accounts (id, currency),
  FOREIGN KEY (credit_account, commodity) REFERENCES accounts (id, currency)
) WITHOUT ROWID;

CREATE TABLE cohorts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  definition TEXT NOT NULL,
  as_of BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  actor TEXT NOT NULL
);

CREATE TABLE cohort_members (
  cohort_id BIGINT NOT NULL REFERENCES cohorts (id),
  member_id BIGINT NOT NULL REFERENCES members (id),
  class TEXT NOT NULL,
  PRIMARY KEY (cohort_id, member_id)
) WITHOUT ROWID;

CREATE TABLE campaigns (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'running', 'paused', 'stopped', 'finished')),
  cohort_id BIGINT NOT NULL REFERENCES cohorts (id),
  goal_metric TEXT NOT NULL,
  goal_minor BIGINT NOT NULL CHECK (goal_minor > 0),
  currency TEXT NOT NULL,
  holdout_bp BIGINT NOT NULL CHECK (holdout_bp BETWEEN 0 AND 9000),
  salt TEXT NOT NULL,
  offer TEXT NOT NULL,
  template TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('sms', 'email')),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  author TEXT NOT NULL,
  approver TEXT,
  created_at BIGINT NOT NULL,
  CHECK (starts_at < ends_at),
  CHECK (approver IS NULL OR approver <> author)
);

CREATE TABLE assignments (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  member_id BIGINT NOT NULL REFERENCES members (id),
  treated BOOLEAN NOT NULL,
  bucket BIGINT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  PRIMARY KEY (campaign_id, member_id)
) WITHOUT ROWID;

-- The ledger of sends: a row is written before anything is attempted.
CREATE TABLE messages (
  campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
  member_id BIGINT NOT NULL REFERENCES members (id),
  step BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'skipped', 'claimed', 'opened', 'sent', 'failed', 'unknown')),
  delivery TEXT NOT NULL CHECK (delivery IN ('none', 'accepted', 'delivered', 'failed')),
  attempt TEXT UNIQUE,
  worker TEXT,
  lease_until BIGINT,
  reason TEXT NOT NULL,
  provider_ref TEXT,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (campaign_id, member_id, step)
);
CREATE INDEX messages_by_state ON messages (campaign_id, state, member_id);

CREATE TABLE clicks (
  token TEXT NOT NULL,
  at BIGINT NOT NULL,
  no BIGINT NOT NULL,
  PRIMARY KEY (token, at, no)
) WITHOUT ROWID;

CREATE TABLE api_keys (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('operations', 'finance', 'service', 'member')),
  hash TEXT NOT NULL UNIQUE,
  member_id BIGINT REFERENCES members (id),
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);

CREATE TABLE idempotency (
  key_id BIGINT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status BIGINT NOT NULL,
  body TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (key_id, key)
);

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- What was written stays written.
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'facts is append only'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts is append only'); END;
CREATE TRIGGER fact_keys_no_update BEFORE UPDATE ON fact_keys BEGIN SELECT RAISE(ABORT, 'fact_keys is append only'); END;
CREATE TRIGGER fact_keys_no_delete BEFORE DELETE ON fact_keys BEGIN SELECT RAISE(ABORT, 'fact_keys is append only'); END;
CREATE TRIGGER commands_no_update BEFORE UPDATE ON commands BEGIN SELECT RAISE(ABORT, 'commands is append only'); END;
CREATE TRIGGER commands_no_delete BEFORE DELETE ON commands BEGIN SELECT RAISE(ABORT, 'commands is append only'); END;
CREATE TRIGGER bindings_no_update BEFORE UPDATE ON bindings BEGIN SELECT RAISE(ABORT, 'bindings is append only'); END;
CREATE TRIGGER bindings_no_delete BEFORE DELETE ON bindings BEGIN SELECT RAISE(ABORT, 'bindings is append only'); END;
CREATE TRIGGER reward_events_no_update BEFORE UPDATE ON reward_events BEGIN SELECT RAISE(ABORT, 'reward_events is append only'); END;
CREATE TRIGGER reward_events_no_delete BEFORE DELETE ON reward_events BEGIN SELECT RAISE(ABORT, 'reward_events is append only'); END;
CREATE TRIGGER journals_no_update BEFORE UPDATE ON journals BEGIN SELECT RAISE(ABORT, 'journals is append only'); END;
CREATE TRIGGER journals_no_delete BEFORE DELETE ON journals BEGIN SELECT RAISE(ABORT, 'journals is append only'); END;
CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append only'); END;
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append only'); END;
CREATE TRIGGER cohort_members_no_update BEFORE UPDATE ON cohort_members BEGIN SELECT RAISE(ABORT, 'cohort_members is append only'); END;
CREATE TRIGGER cohort_members_no_delete BEFORE DELETE ON cohort_members BEGIN SELECT RAISE(ABORT, 'cohort_members is append only'); END;
CREATE TRIGGER assignments_no_update BEFORE UPDATE ON assignments BEGIN SELECT RAISE(ABORT, 'assignments is append only'); END;
CREATE TRIGGER assignments_no_delete BEFORE DELETE ON assignments BEGIN SELECT RAISE(ABORT, 'assignments is append only'); END;
CREATE TRIGGER clicks_no_update BEFORE UPDATE ON clicks BEGIN SELECT RAISE(ABORT, 'clicks is append only'); END;
CREATE TRIGGER clicks_no_delete BEFORE DELETE ON clicks BEGIN SELECT RAISE(ABORT, 'clicks is append only'); END;
