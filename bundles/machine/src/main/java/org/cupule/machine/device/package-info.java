/**
 * Hosts the devices of a machine: their gates, contexts, places, PCI functions, and their swap.
 */
@NullMarked
package org.cupule.machine.device;

import org.jspecify.annotations.NullMarked;
