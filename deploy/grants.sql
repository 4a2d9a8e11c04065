-- Generated from libs/local-servers/src/grants.ts; a test compares. Run once by a superuser:
-- psql -v ON_ERROR_STOP=1 -v writ_court_owner=SECRET … -f deploy/grants.sql postgres

CREATE ROLE writ_identity_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_identity_owner';
CREATE ROLE writ_identity_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_identity_writer';
CREATE ROLE writ_identity_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_identity_reader';
CREATE DATABASE writ_identity OWNER writ_identity_owner;
\connect writ_identity
REVOKE ALL ON DATABASE writ_identity FROM PUBLIC;
GRANT CONNECT ON DATABASE writ_identity TO writ_identity_owner, writ_identity_writer, writ_identity_reader;
GRANT CREATE ON DATABASE writ_identity TO writ_identity_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS identity AUTHORIZATION writ_identity_owner;
GRANT USAGE ON SCHEMA identity TO writ_identity_writer, writ_identity_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_identity_owner IN SCHEMA identity GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO writ_identity_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_identity_owner IN SCHEMA identity GRANT USAGE, SELECT ON SEQUENCES TO writ_identity_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_identity_owner IN SCHEMA identity GRANT SELECT ON TABLES TO writ_identity_reader;

CREATE ROLE writ_court_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_court_owner';
CREATE ROLE writ_court_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_court_writer';
CREATE ROLE writ_court_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_court_reader';
CREATE DATABASE writ_court OWNER writ_court_owner;
\connect writ_court
REVOKE ALL ON DATABASE writ_court FROM PUBLIC;
GRANT CONNECT ON DATABASE writ_court TO writ_court_owner, writ_court_writer, writ_court_reader;
GRANT CREATE ON DATABASE writ_court TO writ_court_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS court AUTHORIZATION writ_court_owner;
GRANT USAGE ON SCHEMA court TO writ_court_writer, writ_court_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_court_owner IN SCHEMA court GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO writ_court_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_court_owner IN SCHEMA court GRANT USAGE, SELECT ON SEQUENCES TO writ_court_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_court_owner IN SCHEMA court GRANT SELECT ON TABLES TO writ_court_reader;

CREATE ROLE writ_regulatory_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_regulatory_owner';
CREATE ROLE writ_regulatory_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_regulatory_writer';
CREATE ROLE writ_regulatory_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_regulatory_reader';
CREATE DATABASE writ_regulatory OWNER writ_regulatory_owner;
\connect writ_regulatory
REVOKE ALL ON DATABASE writ_regulatory FROM PUBLIC;
GRANT CONNECT ON DATABASE writ_regulatory TO writ_regulatory_owner, writ_regulatory_writer, writ_regulatory_reader;
GRANT CREATE ON DATABASE writ_regulatory TO writ_regulatory_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS regulatory AUTHORIZATION writ_regulatory_owner;
GRANT USAGE ON SCHEMA regulatory TO writ_regulatory_writer, writ_regulatory_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_regulatory_owner IN SCHEMA regulatory GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO writ_regulatory_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_regulatory_owner IN SCHEMA regulatory GRANT USAGE, SELECT ON SEQUENCES TO writ_regulatory_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_regulatory_owner IN SCHEMA regulatory GRANT SELECT ON TABLES TO writ_regulatory_reader;

CREATE ROLE writ_enforcement_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_enforcement_owner';
CREATE ROLE writ_enforcement_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_enforcement_writer';
CREATE ROLE writ_enforcement_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_enforcement_reader';
CREATE DATABASE writ_enforcement OWNER writ_enforcement_owner;
\connect writ_enforcement
REVOKE ALL ON DATABASE writ_enforcement FROM PUBLIC;
GRANT CONNECT ON DATABASE writ_enforcement TO writ_enforcement_owner, writ_enforcement_writer, writ_enforcement_reader;
GRANT CREATE ON DATABASE writ_enforcement TO writ_enforcement_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS enforcement AUTHORIZATION writ_enforcement_owner;
GRANT USAGE ON SCHEMA enforcement TO writ_enforcement_writer, writ_enforcement_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_enforcement_owner IN SCHEMA enforcement GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO writ_enforcement_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_enforcement_owner IN SCHEMA enforcement GRANT USAGE, SELECT ON SEQUENCES TO writ_enforcement_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_enforcement_owner IN SCHEMA enforcement GRANT SELECT ON TABLES TO writ_enforcement_reader;

CREATE ROLE writ_projection_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_projection_owner';
CREATE ROLE writ_projection_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_projection_writer';
CREATE ROLE writ_projection_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'writ_projection_reader';
CREATE DATABASE writ_projection OWNER writ_projection_owner;
\connect writ_projection
REVOKE ALL ON DATABASE writ_projection FROM PUBLIC;
GRANT CONNECT ON DATABASE writ_projection TO writ_projection_owner, writ_projection_writer, writ_projection_reader;
GRANT CREATE ON DATABASE writ_projection TO writ_projection_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS projection AUTHORIZATION writ_projection_owner;
GRANT USAGE ON SCHEMA projection TO writ_projection_writer, writ_projection_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_projection_owner IN SCHEMA projection GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO writ_projection_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_projection_owner IN SCHEMA projection GRANT USAGE, SELECT ON SEQUENCES TO writ_projection_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE writ_projection_owner IN SCHEMA projection GRANT SELECT ON TABLES TO writ_projection_reader;
