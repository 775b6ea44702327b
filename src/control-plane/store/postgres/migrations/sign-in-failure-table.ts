/** Rows live for 15 minutes. `at` is in epoch ms of the server's clock, oldest first. */
export const SIGN_IN_FAILURE_TABLE = `
  create table "signInFailure" (
    -- A keyed hash of an account, a network, both, or a device.
    subject text collate "C" not null primary key,
    at bigint[] not null,
    "isBlocked" boolean not null
  );
`;
