/**
 * The virtio block device. Source: VIRTIO 1.2, section 5.2 "Block Device".
 */
@NullMarked
package org.cupule.dev.virtio.blk;

import org.jspecify.annotations.NullMarked;
