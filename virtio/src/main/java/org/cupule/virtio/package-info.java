/**
 * Virtio over PCI, without the transitional forms: what the devices have in common. Source: "Virtual I/O Device
 * (VIRTIO) Version 1.2", OASIS, chapters 2 "Basic Facilities" and 4.1 "Virtio Over PCI Bus". A private package of each
 * bundle that uses it.
 */
@NullMarked
package org.cupule.virtio;

import org.jspecify.annotations.NullMarked;
