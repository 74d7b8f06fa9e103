import type { ComponentChildren, JSX } from "preact";

/** One matter of the page, with a heading to which an alert may lead. */
export function Section(props: {
  readonly id: string;
  readonly title: string;
  readonly lead?: string | undefined;
  readonly children: ComponentChildren;
  readonly isWide?: boolean;
}): JSX.Element {
  return (
    <section
      id={props.id}
      class={`section ${props.isWide === true ? "section--wide" : ""}`}
      aria-labelledby={`${props.id}-title`}
    >
      <h2 id={`${props.id}-title`} tabIndex={-1}>
        {props.title}
      </h2>
      {props.lead !== undefined && <p class="faint">{props.lead}</p>}
      {props.children}
    </section>
  );
}

/** Goes to a section and reads it out. */
export function goToSection(id: string): void {
  const heading = document.querySelector<HTMLElement>(`#${id}-title`);
  heading?.scrollIntoView({ block: "start" });
  heading?.focus({ preventScroll: true });
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name} class="facts__fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export type Fact = readonly [name: string, value: ComponentChildren];
