/**
 * What a host operating system offers beyond the JDK: shared memory, event counters, descriptors and local sockets that
 * pass them on. One {@code Host} service, where there is one: whoever uses it goes on without it, with less.
 *
 * <p>
 * Descriptors are owned objects: each has one owner, who closes it; closing twice does nothing; using one after its end
 * fails with EBADF and never reaches a descriptor that got the same number later. {@code LocalEventFd} and
 * {@code OpenDescriptors} need no host.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.host;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
