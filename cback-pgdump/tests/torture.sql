-- What is hard to read in a dump: names, bodies and values that look like something else, and
-- everything that a restore needs besides. Runs on PostgreSQL 15 and later.
SET client_min_messages = warning;
CREATE ROLE "Owner; of ""all""";
CREATE ROLE "to x, GRANT";
CREATE ROLE "line
break";
CREATE ROLE "select";
CREATE ROLE "pg""x";
CREATE ROLE "größe";
CREATE ROLE secretive PASSWORD 'secret';
CREATE ROLE member;
CREATE ROLE mapped;
CREATE ROLE policed;
CREATE ROLE defaulted;
GRANT member TO mapped WITH ADMIN OPTION;
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE "place; of mine" LOCATION '';
CREATE TABLESPACE plain LOCATION '';

CREATE SCHEMA "Odd.Schema" AUTHORIZATION "Owner; of ""all""";
CREATE SCHEMA "COPY t FROM stdin;";

CREATE TABLE plain (id int PRIMARY KEY, a text, b text, c text) TABLESPACE plain;
INSERT INTO plain SELECT n, 'a' || n, nullif('b' || n % 7, 'b3'), 'c' || n % 11 FROM generate_series(1, 500) n;

CREATE TABLE "Odd.Schema"."a
b	c ""d"" \ 'e'; --" ("x
y" text, "select" int, "a,b)" text) TABLESPACE "place; of mine";
INSERT INTO "Odd.Schema"."a
b	c ""d"" \ 'e'; --" VALUES (E'\\.', 1, E'\\N'), (E'\n\\.\n', 2, E'\t'), ('', 3, NULL), (E'\r', 4, E'\b\f' || chr(11));

CREATE TABLE "COPY t FROM stdin;"."values" ("values" text);
INSERT INTO "COPY t FROM stdin;"."values" VALUES
  (E'\restrict x'), (E'\runrestrict x'), ('\connect other'), ('\.'), (''), (NULL), ('\N'),
  ('-- PostgreSQL database dump complete'), ('--'), ('COPY public.plain (id, a, b, c) FROM stdin;'),
  (E'--\n-- PostgreSQL database dump complete\n--\n\n'), ('$$'), ('$_$'), ('''');

CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE no_rows (a int, b text);

CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s; fine');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (one int, other text);
CREATE TABLE kinds (
  id int GENERATED ALWAYS AS IDENTITY, doubled int GENERATED ALWAYS AS (n * 2) STORED, n int,
  f8 float8, f4 float4, num numeric, flag bool, bits bit(3), varbits bit varying, bytes bytea, day date,
  at timestamptz, span interval, list int[], texts text[], document json, binary_document jsonb, feeling mood,
  natural_number positive, couple pair, address inet, range int4range, id2 uuid, ch char(5), money numeric(10,2), o oid);
INSERT INTO kinds (n, f8, f4, num, flag, bits, varbits, bytes, day, at, span, list, texts, document, binary_document, feeling,
  natural_number, couple, address, range, id2, ch, money, o)
SELECT n, (n - 3) / 7.0, 'NaN', 'Infinity', n % 2 = 0, n::bit(3), B'10', decode(md5(n::text), 'hex'), '2026-11-24'::date + n,
  '2026-03-29 00:30:00+00'::timestamptz + n * interval '1 hour', n * interval '1 mon 2 days 03:04:05.6', ARRAY[n, NULL, 3],
  ARRAY['a"b', E'\\', E'\n', 'NULL', NULL, ''], '{"a" :  [1,"\n"]}', '{"a": "it''s"}', 'it''s; fine', n, ROW(n, E'(\\"'::text)::pair, '10.0.0.1',
  '[1,5)', md5(n::text)::uuid, 'ab', n / 3.0, 4000000000
FROM generate_series(1, 50) n;
INSERT INTO kinds DEFAULT VALUES;

CREATE TABLE parent (id int, name text);
CREATE TABLE child (extra text, id int) INHERITS (parent);
ALTER TABLE parent ADD COLUMN late text DEFAULT 'late';
INSERT INTO parent VALUES (1, 'one', 'x');
INSERT INTO child (id, name, extra) VALUES (2, 'two', 'more');

CREATE TABLE ranged (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE ranged_old PARTITION OF ranged FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE ranged_new (at date, id int);
ALTER TABLE ranged ATTACH PARTITION ranged_new DEFAULT;
INSERT INTO ranged SELECT n, '2025-12-01'::date + n FROM generate_series(1, 60) n;
CREATE TABLE hashed (feeling mood, n int) PARTITION BY HASH (feeling);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE hashed_2 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO hashed SELECT (enum_range(NULL::mood))[n % 3 + 1], n FROM generate_series(1, 30) n;

CREATE UNLOGGED TABLE unlogged AS SELECT n FROM generate_series(1, 3) n;
CREATE MATERIALIZED VIEW summary AS SELECT c, count(*) FROM plain GROUP BY c;
CREATE VIEW looks AS SELECT 'COPY public.plain FROM stdin;
1	2	3	4
\.
' AS text;
CREATE SEQUENCE "Odd.Schema"."it's a ""sequence""" START 42;
SELECT nextval('"Odd.Schema"."it''s a ""sequence"""');
CREATE SEQUENCE untouched;

CREATE FUNCTION deceiving() RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
  RETURN $$
--
-- Data for Name: plain; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.plain (id, a, b, c) FROM stdin;
1	x	y	z
\.

\connect elsewhere
\restrict nothing
INSERT INTO public.plain VALUES (1, 'x', 'y', 'z');
SELECT pg_catalog.setval('public.untouched', 5, true);
ALTER TABLE public.plain OWNER TO nobody_at_all;
--
-- PostgreSQL database dump complete
--

$$;
END
$body$;
CREATE FUNCTION quoted_body() RETURNS text LANGUAGE sql AS '
SELECT ''COPY public.plain (id, a, b, c) FROM stdin;
'' || E''\\'' || $a$
COPY public.plain (id, a, b, c) FROM stdin;
$a$';
CREATE FUNCTION atomic(n int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  INSERT INTO public.no_rows VALUES (n, 'it''s');
  INSERT INTO public.no_rows VALUES (n, '
COPY public.plain (id, a, b, c) FROM stdin;
');
  SELECT count(*)::int FROM public.plain WHERE plain.id > $1;
END;
CREATE TABLE ruled (n int);
CREATE RULE twice AS ON INSERT TO ruled DO ALSO
  (INSERT INTO no_rows VALUES (new.n, 'a'); INSERT INTO no_rows VALUES (new.n, 'b'));
COMMENT ON TABLE plain IS '
COPY public.plain (id, a, b, c) FROM stdin;
1	x	y	z
\.
--
-- PostgreSQL database dump complete
--

\unrestrict x
';
COMMENT ON COLUMN plain.a IS $c$
GRANT ALL ON TABLE public.plain TO commented;
CREATE EXTENSION commented;
$c$;
CREATE TABLE defaulted (t text DEFAULT '
COPY public.plain (id, a, b, c) FROM stdin;
', e text DEFAULT E'\\''
SET default_tablespace = nowhere;
', CONSTRAINT "a;
b" CHECK (t <> ';
COPY x FROM stdin;
'));
INSERT INTO defaulted DEFAULT VALUES;

ALTER TABLE plain OWNER TO "Owner; of ""all""";
ALTER TABLE kinds OWNER TO "größe";
GRANT SELECT ON plain TO "to x, GRANT" WITH GRANT OPTION;
GRANT SELECT (a), UPDATE (b) ON plain TO "line
break";
GRANT ALL ON FUNCTION deceiving() TO PUBLIC, "select";
REVOKE ALL ON FUNCTION atomic(int) FROM PUBLIC;
GRANT USAGE ON SCHEMA "Odd.Schema" TO "pg""x";
ALTER DEFAULT PRIVILEGES FOR ROLE defaulted GRANT SELECT ON TABLES TO PUBLIC;
ALTER TABLE plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY "to whom TO it" ON plain AS RESTRICTIVE FOR SELECT TO policed, "select" USING (a <> ' TO nobody;
');
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER far FOREIGN DATA WRAPPER wrapper;
CREATE USER MAPPING FOR mapped SERVER far OPTIONS (password 'it''s; secret');
CREATE USER MAPPING FOR PUBLIC SERVER far;
CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION on_event();
CREATE PUBLICATION published FOR ALL TABLES;
CREATE SUBSCRIPTION subscribed CONNECTION 'host=/nowhere' PUBLICATION published WITH (connect = false);
CREATE STATISTICS stats ON a, b FROM plain;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE COLLATION "C too" (provider = libc, locale = 'C');
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
CREATE TEXT SEARCH CONFIGURATION searching (COPY = simple);

SELECT lo_create(n) FROM generate_series(50001, 50005) n;
SELECT lo_from_bytea(0, decode(repeat(md5(n::text), n * n * 100), 'hex')) FROM generate_series(1, 5) n;
GRANT SELECT ON LARGE OBJECT 50001 TO member;
