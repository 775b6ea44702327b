/** How a host or a pod allows more open files: for `inPlace()`. */
export const MORE_DESCRIPTORS = {
  host: "raise LimitNOFILE= in the unit (sudo systemctl edit novacula-control-plane), or ulimit -n where it is started by hand",
  pod: "raise the limit of open files that the container runtime sets",
};
