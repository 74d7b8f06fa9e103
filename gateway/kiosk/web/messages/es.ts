import type { Words } from "./en.ts";

export const es: Words = {
  back: "Atrás",
  cancel: "Cancelar",
  language: "Idioma",
  largerText: "Texto más grande",
  highContrast: "Alto contraste",
};
