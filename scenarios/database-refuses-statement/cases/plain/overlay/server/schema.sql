CREATE TABLE IF NOT EXISTS links (
    slug text PRIMARY KEY,
    target text NOT NULL,
    visits integer NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS user (
    name text PRIMARY KEY
);
