/**
 * The newest uses of a key are found without the rest of its history. A use is written once a
 * minute for each executor, and the history grows with each executor that comes and goes. The index
 * of the keys alone is of no more use, but an entry only adds.
 */
export const KEY_USE_INDEX = `
  create index "executorKeyUsage_lastUse" on "executorKeyUsage" ("keyId", "lastUsedAt");
`;
