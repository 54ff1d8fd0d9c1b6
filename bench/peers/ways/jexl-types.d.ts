// The part of Jexl that is used; it brings no types.
declare module "jexl" {
  interface Compiled {
    evalSync(context: object): unknown;
  }
  const jexl: { compile(text: string): Compiled };
  export default jexl;
}
