/**
 * I/O requests: the slot protocol, the routing of requests to clients, and the clients. See
 * {@code docs/topic/ioreq.md}.
 */
@NullMarked
package org.cupule.hsm.impl.ioreq;

import org.jspecify.annotations.NullMarked;
