package org.cupule.hw.lapic;

import org.cupule.hardware.LapicFactory;
import org.cupule.tck.hardware.LapicTimerContract;

class PagedApicTimerTest extends LapicTimerContract {
    @Override
    protected LapicFactory factory() {
        return new PagedApicFactory();
    }
}
