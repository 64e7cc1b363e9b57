/**
 * Races of event counters. In the package to reach what is not public.
 */
package org.cupule.hsm.impl.eventfd;
