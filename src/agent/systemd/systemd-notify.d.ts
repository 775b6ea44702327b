/** The package ships no types. It rejects with a string where the binary failed. */
declare module "systemd-notify" {
  function notify(options: { ready?: boolean; status?: string; pid?: number }): Promise<unknown>;
  export = notify;
}
