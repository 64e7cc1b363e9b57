/**
 * The virtio entropy device. Source: VIRTIO 1.2, section 5.4 "Entropy Device".
 */
@NullMarked
package org.cupule.dev.virtio.rng;

import org.jspecify.annotations.NullMarked;
