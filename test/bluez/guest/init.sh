#!/bin/bash
# The first process of the guest. Its root is the machine's own, read-only; what it writes goes into memory and is gone
# with it. Only the output folder, its one argument, is the machine's: /out/verdict holds the exit code.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$(dirname "$0")

out=$1

mount -t tmpfs -o size=60% upper /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay $root

mkdir -p $root/out
mount -t hostfs -o "$out" none $root/out
mount -t proc proc $root/proc
mount -t sysfs sys $root/sys
mount -t devtmpfs dev $root/dev
mkdir -p $root/dev/pts $root/dev/shm
mount -t devpts devpts $root/dev/pts
# /tmp stays what it is: the project itself may lie in it.
for folder in dev/shm run var/lib/bluetooth; do
  mkdir -p "$root/$folder"
  mount -t tmpfs memory "$root/$folder"
done
chmod 1777 $root/tmp $root/dev/shm

# Pages that a program shares through io_uring are mapped wrongly in User Mode Linux: the kernel falls over them. Our own
# kernel has none; one that was given may have.
[ -e $root/proc/sys/kernel/io_uring_disabled ] && echo 2 > $root/proc/sys/kernel/io_uring_disabled

chroot $root /bin/bash "$here/session.sh" < /dev/null
echo $? > $root/out/verdict
sync
# User Mode Linux has no key for "off", and not every machine has a poweroff: the machine's side ends it at this line.
echo "guest: over"
sleep infinity
