import { Refusal, tell } from "./api-client.ts";
import { element, setText } from "./dom.ts";

/** Asks who it is; resolves when the server knows. */
export function showLogin(host: HTMLElement): Promise<void> {
  const name = element("input", { autocomplete: "username", required: "", maxlength: "64" });
  const password = element("input", {
    type: "password",
    autocomplete: "current-password",
    required: "",
    maxlength: "256",
  });
  const button = element("button", { class: "primary", type: "submit" }, ["Log in"]);
  const fault = element("p", { class: "critical mood", role: "alert" });
  const form = element("form", { class: "login card" }, [
    element("h1", {}, ["Log in"]),
    element("label", {}, ["Name", name]),
    element("label", {}, ["Password", password]),
    button,
    fault,
  ]);
  host.replaceChildren(form);
  name.focus();
  const { promise, resolve } = Promise.withResolvers<void>();
  const attempt = async (): Promise<void> => {
    button.disabled = true;
    setText(fault, "");
    try {
      await tell("/api/login", { name: name.value, password: password.value }, "");
      resolve();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setText(fault, `${error.message}. ${error.remedy}`);
      password.select();
    }
    button.disabled = false;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt();
  });
  return promise;
}
