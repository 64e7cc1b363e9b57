/**
 * ioeventfd and irqfd. See {@code docs/topic/eventfd.md}.
 */
@NullMarked
package org.cupule.hsm.impl.eventfd;

import org.jspecify.annotations.NullMarked;
