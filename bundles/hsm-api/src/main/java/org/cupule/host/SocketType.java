package org.cupule.host;

/**
 * How a local socket keeps what is sent apart.
 *
 * @threading immutable
 */
public enum SocketType {
    /** Bytes in order, without borders. */
    STREAM,
    /** Packets in order: each is received as it was sent, with its descriptors. */
    PACKETS
}
