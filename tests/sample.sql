-- What is hard to dump: bytes, arrays, documents, odd text, large objects, and what hangs together.
SET client_min_messages = warning;
CREATE SEQUENCE ticket START 1000 INCREMENT 7;
CREATE TABLE customer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    tags text[] NOT NULL,
    profile jsonb,
    photo bytea
);
INSERT INTO customer (name, tags, profile, photo)
SELECT 'customer ' || n || repeat(E' \\ '' " \t \n $$ é 漢字 🐘 \\.', n % 3),
       ARRAY['a,b', '{c}', 'd"e', NULL, 'x' || n],
       jsonb_build_object('n', n, 'quote', '"', 'nested', ARRAY[n, n + 1]),
       decode(md5(n::text) || md5((-n)::text) || '00ff5c', 'hex')
FROM generate_series(1, 20000) AS n;
CREATE TABLE purchase (
    ticket bigint PRIMARY KEY DEFAULT nextval('ticket'),
    customer integer NOT NULL REFERENCES customer,
    at timestamptz NOT NULL,
    amount numeric(12, 2) NOT NULL,
    weight double precision,
    period daterange
);
INSERT INTO purchase (customer, at, amount, weight, period)
SELECT 1 + n % 20000, timestamptz '2020-02-29 12:00Z' + n * interval '97 seconds', n / 7.0,
       CASE n % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE sqrt(n) END,
       daterange(date '2020-01-01' + n % 99, date '2020-06-01' + n % 99)
FROM generate_series(1, 30000) AS n;
CREATE TABLE "odd ""name"", 'quoted'; -- really" ("select" text, "Ünïcode" text);
INSERT INTO "odd ""name"", 'quoted'; -- really"
VALUES (NULL, ''), ('\N', '\.'), (E'--\n-- PostgreSQL database dump complete\n--', E'\r\n');
CREATE FUNCTION gross(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE
    AS $body$ SELECT round(net * 1.19, 2) /* $ ' " */ $body$;
CREATE VIEW turnover AS
    SELECT c.id, gross(sum(p.amount)) AS gross FROM customer c
    JOIN purchase p ON p.customer = c.id GROUP BY c.id;
CREATE TABLE document (name text, content oid);
INSERT INTO document
SELECT 'document ' || n, lo_from_bytea(0, decode(repeat(md5(n::text), 2000), 'hex'))
FROM generate_series(1, 20) AS n;
