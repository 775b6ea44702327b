/** What a command has of the process that it runs in; main.ts gives the real one. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: NodeJS.ProcessEnv;
}

export function print(terminal: Terminal, text: string): void {
  terminal.stdout.write(`${text}\n`);
}

export function complain(terminal: Terminal, text: string): void {
  terminal.stderr.write(`${text}\n`);
}
