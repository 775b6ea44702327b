/** Numbers of pg_advisory_xact_lock(), in a control plane's database: "nova" and a number. */

/** Held by transactions, one after the other, and by flushes, which may share it. */
export const WRITE_LOCK = 0x6e6f_7661_0001;
/** Held while a program looks whether the schema is its own. */
export const MIGRATION_LOCK = 0x6e6f_7661_0002;
/** Of failed sign-ins, which strangers cause: they hold up no other change. */
export const SIGN_IN_LOCK = 0x6e6f_7661_0003;
