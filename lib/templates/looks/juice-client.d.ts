/** juice without its downloading of style sheets and pictures; its own types know only the whole. */
declare module "juice/client.js" {
  import juice from "juice";
  export default juice;
}
