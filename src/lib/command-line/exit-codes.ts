/**
 * What every command ends with (sysexits.h(3) from 64 on). `run` uses 0, 1, 64, 70 and 78; `status` 3 as well, the
 * code that systemctl(1) and the LSB give a program that is not running.
 */
export const ExitCode = {
  good: 0,
  /** A definite bad verdict, or it could not be done. */
  bad: 1,
  /** The question could not be answered: the control plane or the agent did not. */
  couldNotTell: 2,
  notRunning: 3,
  usage: 64,
  bug: 70,
  configuration: 78,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
