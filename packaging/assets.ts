/** The name under which the binary carries the control plane. */
export const CONTROL_PLANE_ASSET = "novacula-control-plane.cjs";
