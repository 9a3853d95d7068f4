-- What is in the database of shop.sql: the view's query needs a setting of the database, a large object brings its
-- own COMMIT.
SET default_transaction_read_only = off;
CREATE TABLE goods (id int PRIMARY KEY, name text);
INSERT INTO goods SELECT n, 'good ' || n FROM generate_series(1, 300) n;
ALTER TABLE goods OWNER TO "gr""oup";
CREATE TABLE placed (a int) TABLESPACE other;
CREATE MATERIALIZED VIEW tenants AS SELECT tenant, 1 / (tenant <> '')::int AS is_told
FROM current_setting('shop.tenant') AS tenant;
SELECT lo_from_bytea(77, 'seventy-seven');
GRANT SELECT ON goods TO "it's :other";
