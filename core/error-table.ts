/**
 * Every error code: message, remedy, exit code of a command (1 refused or does not verify, 2 usage, 3 environment),
 * HTTP status (RFC 9457), and whether trying again unchanged can help. `docs/errors.md` is generated from it.
 */
export interface ErrorRow {
  readonly message: string;
  readonly remedy: string;
  readonly exit: 1 | 2 | 3;
  readonly status: number;
  readonly retryable: boolean;
}

export const errorTable = {
  // --- core ---
  ASSAY_JSON_NOT_CANONICAL: row(
    1,
    422,
    'canonical JSON cannot hold {reason}',
    'Remove or replace that value; RFC 8785 admits finite numbers and well-formed strings only.',
  ),
  ASSAY_USAGE: row(2, 400, '{reason}', 'Run the command with --help.'),
  ASSAY_INTERNAL: row(
    3,
    500,
    'unexpected failure: {reason}',
    'Run again with ASSAY_LOG=debug and report what it prints.',
  ),

  // --- configuration and input ---
  ASSAY_CONFIG_UNKNOWN_KEY: row(
    2,
    400,
    '{where} has the unknown key "{key}"',
    'Remove the key or correct its spelling.',
  ),
  ASSAY_CONFIG_OUT_OF_BOUNDS: row(2, 400, '{where}: {reason}', 'Choose a value inside the stated bounds.'),
  ASSAY_INPUT_MISSING: row(2, 404, '{what} {path} is not there', 'Check the path.'),
  ASSAY_DISK_FULL: row(
    3,
    507,
    'no space left while writing {path}',
    'Free some space and run again; nothing already written was lost.',
  ),

  // --- curation ---
  ASSAY_CAPTURE_EMPTY: row(
    1,
    422,
    'capture {file} is empty',
    'Give a capture with at least one message of each stream.',
  ),
  ASSAY_CAPTURE_TRUNCATED: row(
    1,
    422,
    'capture {file} ends in the middle ({reason})',
    'Fetch the file again and compare its checksum with the source.',
  ),
  ASSAY_CAPTURE_CORRUPT: row(
    1,
    422,
    'capture {file}, line {line}: {reason}',
    'Fetch the file again; if it is so at the source, cut it before that line and curate the rest as its own dataset.',
  ),
  ASSAY_CAPTURE_FORMAT: row(
    1,
    422,
    'capture {file} is not a {expected} capture: {reason}',
    'Name the right --format, or convert the file.',
  ),
  ASSAY_CAPTURE_BAD_NUMBER: row(
    1,
    422,
    'capture {file}, line {line}: {field} is {value}',
    'Prices and quantities are finite and not negative; correct or drop the line at the source.',
  ),
  ASSAY_DATASET_QUALITY: row(
    1,
    422,
    'the dataset fails its quality gate: {reason}',
    'Read the quality report; curate a cleaner stretch.',
  ),

  // --- market and profile ---
  ASSAY_PROFILE_INVALID: row(1, 422, 'market profile: {reason}', 'Calibrate again from a verified dataset.'),
  ASSAY_NOT_FINITE: row(
    1,
    422,
    '{what} is not finite',
    'A number that is NaN or infinite denies; find where it came from.',
  ),

  // --- models ---
  ASSAY_GRAPH_INVALID: row(1, 422, 'tensor graph: {reason}', 'Correct the shapes or the operation.'),
  ASSAY_TRAINING_DIVERGED: row(
    1,
    422,
    'training diverged at update {update}: {reason}',
    'Lower the learning rate or the clip range; the last good checkpoint is kept.',
  ),
  ASSAY_CHECKPOINT_INVALID: row(
    1,
    422,
    'checkpoint {path}: {reason}',
    'Delete it to start afresh; an older complete checkpoint is used when there is one.',
  ),
  ASSAY_MODEL_INVALID: row(
    1,
    422,
    'model {digest}: {reason}',
    'Pull the model again; if the bytes do not match their digest, do not run it.',
  ),
  ASSAY_CANCELLED: row(1, 499, 'cancelled: {what}', 'Start again when wanted; a finished checkpoint is resumed.'),

  // --- registry ---
  ASSAY_REGISTRY_MISSING: row(
    2,
    404,
    'there is no registry at {path}',
    'Name one with --registry or ASSAY_REGISTRY, or found one with "assay keys new --log <name>".',
  ),
  ASSAY_REGISTRY_CORRUPT: row(
    1,
    422,
    'registry {path}: {reason}',
    'Restore this file from a mirror; run "assay log verify" to see all of it.',
  ),
  ASSAY_REGISTRY_LOCKED: row(
    3,
    423,
    'registry {path} is locked: {reason}',
    'Wait for the other writer and run again; the lock goes when its process ends.',
  ),
  ASSAY_OBJECT_MISSING: row(
    1,
    404,
    'object {digest} is not in the registry',
    'Copy the object into the registry, or name another digest.',
  ),
  ASSAY_OBJECT_CORRUPT: row(
    1,
    422,
    'object {digest} has other bytes than its name says',
    'Restore the object from a mirror; do not use it.',
  ),
  ASSAY_ENTRY_TOO_LARGE: row(
    1,
    413,
    'a log entry of {bytes} bytes is more than 65,535',
    'Name large things by digest instead of carrying them.',
  ),
  ASSAY_LOG_INCONSISTENT: row(
    1,
    409,
    'the log does not continue what was seen before: {reason}',
    'Treat this registry as forged or rolled back until its owner explains; do not lower the remembered checkpoint.',
  ),
  ASSAY_LOG_STALE: row(
    1,
    409,
    'the newest checkpoint is {ageSeconds} s old, more than {limitSeconds}',
    'Fetch a fresh copy of the registry.',
  ),
  ASSAY_SIGNATURE_INVALID: row(1, 401, 'signature by {keyid}: {reason}', 'Sign again with the right key.'),
  ASSAY_STATEMENT_INVALID: row(1, 422, 'statement: {reason}', 'Compare it with the JSON schema of its kind.'),
  ASSAY_NOT_FOUND: row(1, 404, '{what} is not in this registry', 'Run "assay list" to see what there is.'),

  // --- trust ---
  ASSAY_TRUST_MISSING: row(
    1,
    401,
    'intact, not trusted: no trust file at {path}',
    'Name one with --trust; it comes from outside the registry, from somebody you trust.',
  ),
  ASSAY_TRUST_INVALID: row(
    2,
    422,
    'trust file {path}: {reason}',
    'Correct the trust file or ask its owner for a new one.',
  ),
  ASSAY_KEY_MISSING: row(2, 404, 'no key at {path}', 'Create one with "assay keys new", or name one with --key.'),
  ASSAY_KEY_INVALID: row(2, 422, 'key {path}: {reason}', 'Use an Ed25519 key written by "assay keys new".'),
  ASSAY_KEY_UNKNOWN: row(
    1,
    403,
    'key {keyid} belongs to nobody in the trust file',
    'Have the key entered in the trust file, or sign with one that is.',
  ),
  ASSAY_ROLE_DENIED: row(1, 403, '{person} has not the role {role}', 'Somebody with that role has to sign.'),
  ASSAY_PERSON_IN_LINEAGE: row(
    1,
    403,
    '{person} is in the lineage of {subject} and cannot approve it',
    'Somebody who did not build it has to sign.',
  ),
  ASSAY_ALREADY_SIGNED: row(
    1,
    409,
    '{person} has already signed {subject}',
    'Another person has to give the other signature.',
  ),
  ASSAY_DIGEST_MISMATCH: row(
    1,
    409,
    'the signature is over {got}, under review is {expected}',
    'Sign the digest that is under review.',
  ),

  // --- lifecycle ---
  ASSAY_REFUSED: row(
    1,
    409,
    'refused: {reason}',
    'Read the validation report; train or change the protocol with a reason.',
  ),
  ASSAY_NOT_APPROVED: row(
    1,
    409,
    '{subject} is not approved: {reason}',
    'Two validators outside its lineage have to sign.',
  ),
  ASSAY_APPROVAL_EXPIRED: row(1, 409, 'the approval of {subject} expired at {notAfter}', 'Validate and approve again.'),
  ASSAY_APPROVAL_NOT_YET: row(1, 409, 'the approval of {subject} begins at {notBefore}', 'Wait until then.'),
  ASSAY_REVOKED: row(1, 409, '{subject} was revoked: {reason}', 'Run another approved version or the fallback.'),
  ASSAY_DECOMMISSIONED: row(
    1,
    409,
    '{subject} is decommissioned: {reason}',
    'Run another approved version or the fallback.',
  ),
  ASSAY_NO_FALLBACK: row(
    1,
    409,
    'nothing runs on line {line}: no approved fallback can be proved, and {reason}',
    'Open the line with "assay line open" and two signatures.',
  ),

  // --- executor ---
  ASSAY_JOURNAL_INVALID: row(
    1,
    422,
    'journal: {reason}',
    'Read the journal again by its digest; do not settle on one that does not add up.',
  ),
  ASSAY_GATE_DENIED: row(
    1,
    409,
    'order denied by {check}: {reason}',
    'Lower the order, or have the limit changed by approval.',
  ),
  ASSAY_FEED_STALE: row(
    1,
    409,
    'market data is {ageMs} ms old, more than {limitMs}',
    'Restore the feed; nothing is sent on stale data.',
  ),

  // --- Temporal and environment ---
  ASSAY_NODE_TOO_OLD: row(
    3,
    500,
    'Assay runs on Node 24 or newer, this is {version}',
    'Run "npm rebuild node", or put Node 24 on the PATH.',
  ),
  ASSAY_TEMPORAL_UNAVAILABLE: row(
    3,
    503,
    'no Temporal server: {tried}',
    'Set TEMPORAL_ADDRESS to a running server or TEMPORAL_CLI_PATH to a temporal binary, or install Go 1.25.',
  ),
  ASSAY_TEMPORAL_LOST: row(
    3,
    503,
    'the Temporal server at {address} does not answer',
    'Start it again; the workflow goes on where it was.',
  ),
  ASSAY_WORKER_LOST: row(
    3,
    503,
    'the process of stage {stage} ended without an answer ({how})',
    'It is tried again from its last checkpoint; look at its log when it happens twice.',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

function row(exit: 1 | 2 | 3, status: number, message: string, remedy: string): ErrorRow {
  return { message, remedy, exit, status, retryable: exit === 3 && status !== 500 };
}
