/**
 * The file that a machine is saved to: CBOR, described in {@code docs/topic/snapshot.md}.
 */
@NullMarked
package org.cupule.machine.snapshot;

import org.jspecify.annotations.NullMarked;
