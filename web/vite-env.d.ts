// The import suffixes that the bundler understands.
declare module "*?raw" {
  const text: string;
  export default text;
}
declare module "*.css" {}
