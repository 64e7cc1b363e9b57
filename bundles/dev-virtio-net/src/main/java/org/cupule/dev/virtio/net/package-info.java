/**
 * The virtio network device. Source: VIRTIO 1.2, section 5.1 "Network Device".
 */
@NullMarked
package org.cupule.dev.virtio.net;

import org.jspecify.annotations.NullMarked;
