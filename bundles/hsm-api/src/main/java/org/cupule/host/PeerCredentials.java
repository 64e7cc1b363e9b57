package org.cupule.host;

/**
 * Who is at the other end of a local socket, as the system saw it when the connection was made.
 *
 * @param pid
 *            the process
 * @param uid
 *            its user
 * @param gid
 *            its group
 * @threading immutable
 */
public record PeerCredentials(int pid, int uid, int gid) {
}
