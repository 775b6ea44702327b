interface Compatibility {
  readonly verdict: "supported" | "deprecated" | "out_of_support";
  /** The version to upgrade to; null if none is recommended. */
  readonly recommendedVersion: string | null;
}

/**
 * Compares major versions. An executor of the same or a newer one is supported, one version behind
 * is deprecated, and further behind is out of support. An unreadable version counts as one behind.
 */
export function compatibility(executorVersion: string, controlPlaneVersion: string): Compatibility {
  const ours = majorVersion(controlPlaneVersion);
  const theirs = majorVersion(executorVersion);
  const behind = ours === undefined || theirs === undefined ? 1 : ours - theirs;
  if (behind <= 0) {
    return { verdict: "supported", recommendedVersion: null };
  }
  return { verdict: behind === 1 ? "deprecated" : "out_of_support", recommendedVersion: controlPlaneVersion };
}

function majorVersion(version: string): number | undefined {
  const major = /^v?(\d{1,6})\.\d+\.\d+(?:[-+].*)?$/.exec(version)?.[1];
  return major === undefined ? undefined : Number(major);
}
