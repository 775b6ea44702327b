/**
 * The exit codes of both programs. From 64 on they are those of sysexits.h(3). The agent never uses
 * 4 and 5.
 */
export const ExitCode = {
  good: 0,
  /** The verdict is bad, or the request was refused. */
  bad: 1,
  /** The control plane or the agent gave no answer. */
  couldNotTell: 2,
  /** The agent or the control plane does not run. systemctl(1) and the LSB use this code, too. */
  notRunning: 3,
  notFound: 4,
  /** Several things have the given name. */
  ambiguous: 5,
  usage: 64,
  bug: 70,
  configuration: 78,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
