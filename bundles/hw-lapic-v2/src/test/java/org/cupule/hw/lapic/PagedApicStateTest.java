package org.cupule.hw.lapic;

import org.cupule.hardware.LapicFactory;
import org.cupule.tck.hardware.LapicStateContract;

class PagedApicStateTest extends LapicStateContract {
    @Override
    protected LapicFactory factory() {
        return new PagedApicFactory();
    }
}
