/** The package ships no types. It rejects with a string if the binary fails. */
declare module "systemd-notify" {
  function notify(options: { ready?: boolean; status?: string; pid?: number }): Promise<unknown>;
  export = notify;
}
