import { CopyBlock } from "../ui/copy-block.tsx";

interface ConnectStepsProps {
  readonly name: string;
  readonly channel: string;
  /** Left out once the person has stored it. */
  readonly secret?: string;
}

const INSTALL = "sudo apt install ./novacula-nodes_*.deb ./novacula-agent_*.deb";
const EDIT = "sudoedit /etc/novacula/agent.toml";
/** Not the command of `dev`, which gives the key to the agent that runs already. */
const SET_KEY = "sudo novacula-agent set-key";

/** From a host without an agent to an online executor. */
export function ConnectSteps({ name, channel, secret }: ConnectStepsProps) {
  return (
    <ol class="steps">
      <li>
        <p>
          Copy both packages of the agent to the host (<code>npm run package</code> builds them in{" "}
          <code>dist/</code>) and install them. The agent starts, and waits for its key:
        </p>
        <CopyBlock what="the install command" text={INSTALL} />
      </li>
      <li>
        <p>
          Open <code>/etc/novacula/agent.toml</code>, replace its content and save it:
        </p>
        <CopyBlock what="the edit command" text={EDIT} />
        <CopyBlock what="the configuration" text={configuration(name, channel)} />
      </li>
      <li>
        <p>
          Run this and paste the key at its prompt. It checks the key, and the agent uses it within a second:
        </p>
        <CopyBlock what="the command" text={SET_KEY} />
        {secret === undefined ? null : <CopyBlock what="the key" text={secret} />}
      </li>
    </ol>
  );
}

function configuration(name: string, channel: string): string {
  return `[agent]
name    = ${JSON.stringify(name)}
channel = ${JSON.stringify(channel)}

[control_plane]
url = ${JSON.stringify(window.location.origin)}`;
}
