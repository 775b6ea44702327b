/** The GraphQL documents that executors send. A test checks them against schema.graphql. */

export const SYNC_EXECUTOR = `mutation SyncExecutor($input: SyncExecutorInput!) {
  syncExecutor(input: $input) {
    executor { id name }
    key { id name expiresAt revokesAt }
    organization { id name slug }
    heartbeatTimeoutMs
    syncIntervalMs
    restartSpreadMs
    compatibility { verdict recommendedVersion }
    duplicates { instanceId hostName address lastSyncAt }
    pendingUpgrade { targetVersion url sha256 signature expiresAt }
  }
}`;

export const CURRENT_KEY = `query CurrentKey($input: CurrentKeyInput!) {
  currentKey(input: $input) {
    key { id name expiresAt revokesAt }
    organization { id name slug }
  }
}`;
