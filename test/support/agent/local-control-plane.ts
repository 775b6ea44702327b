/** A control plane that runs on the host of the agent, as doctor sees it. */
export const RUNNING_HERE = {
  active: "active",
  result: "success",
  isMasked: false,
  url: "http://127.0.0.1:3000",
  address: undefined,
  settings: {},
};
