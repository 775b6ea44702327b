/**
 * Whether this process runs in a pod. The kubelet sets the variable in every container
 * (Kubernetes, "Accessing the API from a Pod").
 */
export function isInPod(environment: NodeJS.ProcessEnv): boolean {
  return environment["KUBERNETES_SERVICE_HOST"] !== undefined;
}
