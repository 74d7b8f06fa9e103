/** What the tests use of a package that comes without types. */
declare module "@lhncbc/ucum-lhc" {
  export const UcumLhcUtils: {
    getInstance(): { validateUnitString(unit: string): { readonly status: string } };
  };
}
