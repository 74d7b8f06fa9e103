import { createContext, type ComponentChildren, type JSX } from "preact";
import { useContext, useState } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { Notice } from "../design/notice.tsx";
import type { StaffClient } from "./staff-client.ts";
import { failureText, useStaffWords } from "./staff-words.ts";

/** Where decisions are carried out. */
export const ClientContext = createContext<StaffClient | null>(null);

export function useClient(): StaffClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("there is no client above this component");
  return client;
}

/** A decision in words, before it is carried out: what will be done, and the button that does it. */
export function Decision(props: {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly path: string;
  /** Null while something is missing. */
  readonly body: object | null;
  readonly isGrave?: boolean;
  /** Fields. */
  readonly children?: ComponentChildren;
  readonly onDone: () => void;
  readonly onDismiss: () => void;
}): JSX.Element {
  const words = useStaffWords();
  const client = useClient();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const decide = async (): Promise<void> => {
    if (props.body === null) return;
    setBusy(true);
    setFailure(null);
    try {
      await client.decide(props.path, props.body);
      props.onDone();
    } catch (error) {
      setFailure(failureText(error, words));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={props.title}
      onDismiss={props.onDismiss}
      actions={
        <>
          <Button onPress={props.onDismiss}>{words.cancel}</Button>
          <Button
            look={props.isGrave === true ? "danger" : "primary"}
            isBusy={isBusy}
            isDisabled={props.body === null}
            onPress={() => void decide()}
          >
            {props.yes}
          </Button>
        </>
      }
    >
      <div class="stack dialog__text">
        <p>{props.text}</p>
        {props.children}
        {failure !== null && <Notice tone="urgent" title={failure} />}
      </div>
    </Dialog>
  );
}
