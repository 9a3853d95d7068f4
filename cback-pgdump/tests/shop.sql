-- A cluster about which all is said that can be said. Runs as postgres, on PostgreSQL 15 and later.
CREATE ROLE clerk LOGIN PASSWORD 'secret' VALID UNTIL '2099-01-01';
CREATE ROLE "gr""oup";
CREATE ROLE top;
CREATE ROLE "it's :other" CREATEROLE;
CREATE ROLE unneeded;
CREATE ROLE above;
CREATE ROLE topmost;
GRANT above TO clerk;
GRANT topmost TO above;
GRANT top TO unneeded;
GRANT top TO "gr""oup" WITH ADMIN OPTION;
GRANT "gr""oup" TO clerk;
COMMENT ON ROLE clerk IS 'CREATE ROLE "x";';
ALTER ROLE clerk SET search_path TO 'a', 'B c';
ALTER ROLE ALL SET lc_messages TO 'C';
GRANT SET ON PARAMETER log_statement TO clerk;
GRANT SET ON PARAMETER log_duration TO PUBLIC;
SET ROLE "gr""oup";
GRANT top TO "it's :other";
RESET ROLE;

SET allow_in_place_tablespaces = on;
CREATE TABLESPACE "a; place" OWNER "gr""oup" LOCATION '';
CREATE TABLESPACE other LOCATION '';
ALTER TABLESPACE other SET (seq_page_cost = 2);
GRANT CREATE ON TABLESPACE other TO clerk;
COMMENT ON TABLESPACE other IS 'it''s other';

CREATE DATABASE "Shop ""a"" 'b' \ :c =d" OWNER clerk TABLESPACE "a; place" CONNECTION LIMIT 5 TEMPLATE template0;
\connect -reuse-previous=on "dbname='Shop ""a"" \'b\' \\ :c =d'"
DO $$
DECLARE
  name text := quote_ident(current_database());
BEGIN
  EXECUTE 'COMMENT ON DATABASE ' || name || $c$ IS 'of :"cback_database", it''s'$c$;
  EXECUTE 'REVOKE ALL ON DATABASE ' || name || ' FROM PUBLIC';
  EXECUTE 'GRANT CONNECT ON DATABASE ' || name || ' TO "gr""oup" WITH GRANT OPTION';
  EXECUTE 'ALTER DATABASE ' || name || ' SET shop.tenant TO ''it''''s 5''';
  EXECUTE 'ALTER DATABASE ' || name || ' SET default_transaction_read_only TO on';
  EXECUTE 'ALTER DATABASE ' || name || ' SET session_replication_role TO local';
  EXECUTE 'ALTER ROLE "it''s :other" IN DATABASE ' || name || ' SET work_mem TO ''5MB''';
  EXECUTE 'SET ROLE "gr""oup"';
  EXECUTE 'GRANT CONNECT ON DATABASE ' || name || ' TO top';
  RESET ROLE;
  EXECUTE 'ALTER DATABASE ' || name || ' IS_TEMPLATE true';
END
$$;

-- What there is to say of databases that every server has, and of all roles.
ALTER DATABASE postgres SET lock_timeout = '30min';
COMMENT ON DATABASE postgres IS 'hands off';
GRANT CREATE ON DATABASE postgres TO clerk;
ALTER ROLE clerk IN DATABASE postgres SET work_mem = '6MB';
ALTER DATABASE template1 SET work_mem = '6MB';
ALTER ROLE ALL SET search_path TO "$user", 'a, "b" C', public;

-- initdb's role has another name than on the servers that it is restored into.
CREATE ROLE boss SUPERUSER LOGIN;
\connect postgres boss
ALTER ROLE postgres RENAME TO "initdb's";
CREATE ROLE postgres SUPERUSER CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;
\connect postgres postgres
DROP ROLE boss;
