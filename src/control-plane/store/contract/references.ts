export interface KeyReference {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
}

export interface ExecutorReference {
  readonly id: string;
  readonly name: string;
}

/** An executor that may be deleted. Its id and name outlive it. */
export interface NamedExecutor extends ExecutorReference {
  readonly isDeleted: boolean;
}
