import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";
import { Spinner } from "./progress.tsx";

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onPress: () => void;
  readonly look?: "primary" | "secondary" | "quiet" | "danger";
  /** `large`: what a screen is for. `small`: for pages that are used with a mouse. */
  readonly size?: "large" | "medium" | "small";
  readonly icon?: IconName;
  readonly iconAfter?: IconName;
  /** It has been pressed, and its work is under way: it stays focused and takes no second press. */
  readonly isBusy?: boolean;
  readonly isDisabled?: boolean;
  /** For a switch that is on or off. */
  readonly isPressed?: boolean;
  /** Where what is seen does not say enough to who hears it. */
  readonly label?: string;
  readonly class?: string;
}

export function Button(props: ButtonProps): JSX.Element {
  const { look = "secondary", size = "medium", isBusy = false, isDisabled = false } = props;
  const press = (): void => {
    if (!isBusy && !isDisabled) props.onPress();
  };
  return (
    <button
      type="button"
      class={`button button--${look} button--${size} ${props.class ?? ""}`}
      disabled={isDisabled}
      aria-disabled={isBusy}
      aria-pressed={props.isPressed}
      aria-label={props.label}
      onClick={press}
    >
      {isBusy && <Spinner size="small" />}
      {!isBusy && props.icon !== undefined && <Icon name={props.icon} />}
      <span>{props.children}</span>
      {props.iconAfter !== undefined && <Icon name={props.iconAfter} />}
    </button>
  );
}
