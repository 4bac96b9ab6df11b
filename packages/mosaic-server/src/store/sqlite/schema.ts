/** `user_version` of the files that this program writes. It opens no newer ones. */
export const SCHEMA_VERSION = 1

/** `application_id`: says that a file is a record store, and not some other database. "TsRc". */
export const APPLICATION_ID = 0x54_73_52_63

/**
 * Version 1. The fields of a record stand at fixed places of its bytes, so they are columns that are computed, and only the indexes hold them;
 * keys are cut to 8 bytes and ids to 16 (see position.ts), which makes an entry a third as long, and readers compare the whole.
 *
 * There is no column for "superseded": what is superseded is deleted, in the transaction that stores the newer one.
 */
export const SCHEMA = `
CREATE TABLE record (
  sequence INTEGER PRIMARY KEY,
  received INTEGER NOT NULL,
  tag_keys BLOB NOT NULL,
  bytes BLOB NOT NULL,
  position BLOB AS (substr(bytes, 1, 16)) VIRTUAL,
  address_key BLOB AS (substr(bytes, 49, 24)) VIRTUAL,
  kind BLOB AS (substr(bytes, 57, 8)) VIRTUAL,
  author_kind BLOB AS (substr(bytes, 57, 16)) VIRTUAL,
  author_key BLOB AS (substr(bytes, 65, 8)) VIRTUAL,
  signer_key BLOB AS (substr(bytes, 97, 8)) VIRTUAL
) STRICT;
CREATE INDEX record_by_position ON record (position);
CREATE INDEX record_by_address ON record (address_key, position);
CREATE INDEX record_by_kind ON record (kind, position);
CREATE INDEX record_by_author_kind ON record (author_kind, position);
CREATE INDEX record_by_author ON record (author_key, position);
CREATE INDEX record_by_signer ON record (signer_key, position);
CREATE INDEX record_by_author_arrival ON record (author_key);
CREATE INDEX record_by_received ON record (received);

CREATE TABLE tag (
  key BLOB NOT NULL,
  position BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (key, position, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_by_arrival ON tag (key, sequence);

-- Ids that were removed on purpose, so that they do not come back.
CREATE TABLE removed (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- One row: the last sequence and time of receipt that were ever given, also when their record is gone.
CREATE TABLE counter (sequence INTEGER NOT NULL, received INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0, -1);

PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`
