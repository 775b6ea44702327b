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

/**
 * The same with what it carries about nodes, and with where duplicates run. A control plane that is
 * older refuses it.
 */
export const SYNC_EXECUTOR_WITH_NODES = `mutation SyncExecutor($input: SyncExecutorInput!) {
  syncExecutor(input: $input) {
    executor { id name }
    key { id name expiresAt revokesAt }
    organization { id name slug }
    heartbeatTimeoutMs
    syncIntervalMs
    restartSpreadMs
    compatibility { verdict recommendedVersion }
    duplicates { instanceId hostName address lastSyncAt process { bootHash pid unit } }
    pendingUpgrade { targetVersion url sha256 signature expiresAt }
    nodes {
      changeNumber count wantsCapabilities wantsWhole
      list {
        id name revision chain network nodeType
        clients { role client version allowDowngrade }
        overrides { role key value }
        limits { role memoryBytes cpuMillis }
        ports { role name port }
        desiredState restartGeneration
        deletion { keepData }
      }
    }
  }
}`;

export const CURRENT_KEY = `query CurrentKey($input: CurrentKeyInput!) {
  currentKey(input: $input) {
    key { id name expiresAt revokesAt }
    organization { id name slug }
  }
}`;

/** A control plane that is older does not know it, which does no harm. */
export const SIGN_OFF_EXECUTOR = `mutation SignOffExecutor($input: SignOffExecutorInput!) {
  signOffExecutor(input: $input)
}`;
