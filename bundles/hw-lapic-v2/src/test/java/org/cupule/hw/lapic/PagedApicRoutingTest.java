package org.cupule.hw.lapic;

import org.cupule.hardware.LapicFactory;
import org.cupule.tck.hardware.LapicRoutingContract;

class PagedApicRoutingTest extends LapicRoutingContract {
    @Override
    protected LapicFactory factory() {
        return new PagedApicFactory();
    }
}
