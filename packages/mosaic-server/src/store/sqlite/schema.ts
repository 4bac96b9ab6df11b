/** `user_version` of the files that this program writes. It opens no newer ones. */
export const SCHEMA_VERSION = 2

/** `application_id`: says that a file is a record store, and not some other database. "TsRc". */
export const APPLICATION_ID = 0x54_73_52_63

/**
 * Version 1, from which every file starts. The fields of a record stand at fixed places of its bytes, so they are columns that are computed, and only the indexes hold them;
 * keys are cut to 8 bytes and ids to 16 (see position.ts), which makes an entry a third as long, and readers compare the whole.
 *
 * There is no column for "superseded": what is superseded is deleted, in the transaction that stores the newer one.
 */
const VERSION_1 = `
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
PRAGMA user_version = 1;
`

/**
 * What version 2 adds: expiry and retraction. A file of version 1 gets the same by migration.ts, which also finds what of it expires or was retracted.
 */
export const TO_VERSION_2 = `
ALTER TABLE record ADD COLUMN expires INTEGER;
CREATE INDEX record_by_expires ON record (expires) WHERE expires IS NOT NULL;

-- What an author has retracted: an id, or an address up to a time. Who else names an id does not harm it, so the author belongs to the key.
-- Two times, since what only the master key signs only the master key takes back; -1: not retracted.
CREATE TABLE retracted (
  reference BLOB NOT NULL,
  author BLOB NOT NULL,
  until INTEGER NOT NULL,
  master_until INTEGER NOT NULL,
  PRIMARY KEY (reference, author)
) STRICT, WITHOUT ROWID;

-- Replaceable addresses whose newest record expired or was retracted: nothing up to its id comes back.
CREATE TABLE floor (address BLOB PRIMARY KEY, id BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- By what clock records expired when the store was last written.
ALTER TABLE counter ADD COLUMN trusted INTEGER NOT NULL DEFAULT -1;

PRAGMA user_version = 2;
`

/** A file of the present version. */
export const SCHEMA = VERSION_1 + TO_VERSION_2
